"""What is checked: callables and the modules they reach, copied, called from one state, and put back."""
