"""Folders of a small simulated network, as the program of before left them; no file here is ever written anew."""
