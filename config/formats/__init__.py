"""Date formats that replace Django's where those would mislead."""
