"""What officers do at this node: each act goes through the gate, and what follows from it is begun here."""
