# await.sh: what the scripts beside it share.

# await COMMAND…: again and again until it is so; a slow machine may take its time.
await() {
	for _ in $(seq 2400); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

# free_port [OTHER…]: a port that nobody has, and none of these. It lies below those that outgoing connections take: tests that run
# beside this one have hundreds of them, and what was free a moment ago would be theirs now.
free_port() {
	port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
	while case " $* " in *" $port "*) true ;; *) ss -ltn 2>/dev/null | grep -q ":$port " ;; esac; do port=$((port + 1)); done
	echo "$port"
}
