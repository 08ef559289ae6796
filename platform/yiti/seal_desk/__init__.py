"""Papers of their own that organisations put before their seal (文件用印): banks, the fund centre, developers."""
