"""Who did what that matters to security: signing in, factors, keys, sharing, deletion for good, exports."""
