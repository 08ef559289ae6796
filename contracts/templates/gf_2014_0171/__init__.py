"""商品房买卖合同（预售）, clause structure of GF-2014-0171."""
