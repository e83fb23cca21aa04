-- Removes the seals of trees larger than a size. Parameters: size.
delete from seal where tree_size > %(size)s
