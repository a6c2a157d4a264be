# A stream is neither written to a terminal nor awaited from one.
need ee-cov script
{
	printf '\203\242ee\001\244kind\253activations'
	printf '\244taps\221\202\243tap\244m:in\245width\002'
	printf '\202\243tap\244m:in\241x\205'
	printf '\304\002nd\303\304\004type\243<f4\304\004kind\304\000'
	printf '\304\005shape\222\001\002\304\004data\304\010'
	printf '\000\000@@\000\000\200@'
	printf '\201\243end\201\247records\001'
} > a
ee-cov < a | ee-show | tail -n 1 | sed 's/[0-9]*}}/N}}/'
script -qec 'ee-cov < a; echo "status $?"' /dev/null < /dev/null | tr -d '\r'
script -qec 'ee-cov > out; echo "status $?"' /dev/null < /dev/null | tr -d '\r'
script -qec 'ee-show; echo "status $?"' /dev/null < /dev/null | tr -d '\r'
