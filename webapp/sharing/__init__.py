"""Libraries shared: with people who have an account, with people who shall get one, and by a link that ends."""
