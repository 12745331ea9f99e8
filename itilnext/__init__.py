"""Wires the apps of ITIL-NEXT together; holds no rules and is imported by none of them."""
