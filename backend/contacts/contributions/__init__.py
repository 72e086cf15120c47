"""Parts of an answer that other departments are asked for: asked by the owner, given or declined by them."""
