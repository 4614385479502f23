"""The parts of emulator.py."""
