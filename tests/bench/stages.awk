# What `perf report --sort dso,symbol -t ";"` lists, in parts of a hundred
# for each stage: one line of numbers, in the order of the names below.
# Told from the place and name of a function alone: what the table does not
# know is "else".
BEGIN {
	FS = ";"
	n = split("gemm pack attn norm vocab conv copy stream kernel wait " \
		  "else", stage, " ")
	if (names) {
		for (i = 1; i <= n; i++)
			printf " %6s", stage[i]
		print ""
		exit
	}
}
function of(place, name) {
	if (place ~ /JIT/ || name ~ /gemm.*kernel|syrk.*kernel|gemv|gemm_beta/)
		return "gemm"
	if (name ~ /sched|yield|switch|spin_unlock|futex|thread_server/)
		return "wait"
	if (place ~ /kernel/ && name ~ /pipe|iter|read|write|fsync|ext4/)
		return "stream"
	if (place ~ /kernel/)
		return "kernel"
	if (place ~ /openblas|libdnnl/)
		return "pack"
	if (name ~ /to_f32|from_f32|convert/)
		return "conv"
	if (name ~ /norm|gelu|silu|gate|activ/)
		return "norm"
	if (name ~ /log_softmax|ee_kl|ee_nll/)
		return "vocab"
	if (name ~ /attend|back_part|gather|softmax|rotate|qkv/ ||
	    name ~ /ee_dot|ee_axpy|ee_largest|exp_sum|scale_by|sums/)
		return "attn"
	if (name ~ /mem(move|cpy|set)/)
		return "copy"
	if (name ~ /folded|crc|ee_get|ee_reader|ee_writer|^\[\.\] (read|write)/)
		return "stream"
	return "else"
}
NF >= 3 && $1 ~ /%/ { part[of($2, $3)] += $1 }
END {
	if (!names) {
		for (i = 1; i <= n; i++)
			printf " %6.1f", part[stage[i]]
		print ""
	}
}
