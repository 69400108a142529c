"""JAX programs in a web page: a jaxpr as C, as WebAssembly, and the worker that runs it there."""
