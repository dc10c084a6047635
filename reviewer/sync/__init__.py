"""What moves between stores: the wire that the server shares, the client, packs."""
