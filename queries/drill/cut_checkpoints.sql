-- Removes the signed heads of trees larger than a size. Parameters: size.
delete from checkpoint where tree_size > %(size)s
