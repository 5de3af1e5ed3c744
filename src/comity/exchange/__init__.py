"""What travels from bureau to bureau: life cycles here, bytes on the line in ``peer``."""
