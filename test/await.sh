# await.sh: `await COMMAND…` for the scripts beside it: again and again until it is so; a slow machine may take its time.
await() {
	for _ in $(seq 2400); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}
