"""What happens without anybody asking: events get their positions, due accounts get their look, partitions are made
ahead, what is over is cleaned up, balances are checked. Always holds: any of it may be late, killed or run twice, and
no balance changes by that."""
