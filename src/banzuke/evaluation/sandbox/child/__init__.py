"""What runs inside the sandbox: standard library only, imported by a bare interpreter."""
