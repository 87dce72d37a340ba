"""Channels: one sender a file, each told what to send and answering with a verdict."""
