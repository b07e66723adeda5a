"""LTI 1.3: launches from learning management systems, deep linking, scores and rosters."""
