"""Parts of the documents that are made from what llmpick says and knows."""
