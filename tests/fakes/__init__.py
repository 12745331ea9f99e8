"""Other systems, as far as their contracts promise: over TLS on this machine, each request and each answer checked."""
