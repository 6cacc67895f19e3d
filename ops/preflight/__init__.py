"""`ops preflight`: whether an account has what a layout asks for, before it costs anything."""
