"""`make demo`: the journey of a sale, played by its real users through the pages, over HTTP alone."""
