"""Damage to files, as a bad disk does it."""


def flip(file, place):
    """Flip a bit of a file."""
    content = bytearray(file.read_bytes())
    content[place] ^= 4
    file.write_bytes(content)
