"""What a text says, about which subject, how bad, and why we think so; pure."""
