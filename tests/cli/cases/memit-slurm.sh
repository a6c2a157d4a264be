# A mass edit as Slurm jobs, by a Slurm of one node that lives only here: a
# controller and a node daemon on loopback, in this folder, without
# authentication.  The same as make alone; a job that fails ends the chain.
need make slurmctld slurmd sbatch squeue sinfo scancel
memit_files
export MODEL="$m" CORPUS="$TOP/tests/golden/inputs/corpus.txt" DATASET=wikipedia
export MASS_HPARAMS="$PWD/h.yaml" RECORDS="$PWD/r.jsonl" OUT="$PWD/out" N=3
sed -i '/mom2_n_samples/d' h.yaml
unset SLURM_JOB_ID

mkdir state spool
port=$((20000 + $$ % 10000 * 2))
cat > slurm.conf <<END
ClusterName=ee
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
KillWait=1
NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc)
PartitionName=all Nodes=one Default=YES State=UP
END
export SLURM_CONF="$PWD/slurm.conf"
slurmctld -D > slurmctld.log 2>&1 &
controller=$!
slurmd -D -N one > slurmd.log 2>&1 &
node=$!
trap 'kill $node $controller 2> kill.log; wait $node $controller' EXIT
n=0
until [ "$(timeout 2 sinfo -h -o %T 2> sinfo.log)" = idle ]; do
	if [ $n = 50 ]; then
		echo "skip: Slurm does not start here: $(cat sinfo.log slurmd.log slurmctld.log | grep -i error | tail -n 1)"
		exit 0
	fi
	sleep 0.2
	n=$((n + 1))
done
# until_says WHAT COMMAND...: wait for it to print that, or half a minute
until_says() {
	what=$1 n=0
	shift
	while [ "$("$@")" != "$what" ]; do
		if [ $n = 150 ]; then
			echo "not '$what':"
			"$@"
			break
		fi
		sleep 0.2
		n=$((n + 1))
	done
}

# four shards of three requests: one is empty
SHARDS=4 MASS=$PWD/out/slurm "$TOP/pipelines/cluster/slurm.sh" --cpus-per-task=1 > jobs.log
until_says '' squeue -h
grep Error slurm-*.out
ls out/slurm/*.ee
ee-show out/slurm/edit.ee | grep -o '"cases": [^]]*]'
SHARDS=1 make -s -C "$TOP/pipelines" MASS="$PWD/out/make" mass 2> said || cat said
near 1e-5 out/make/edit.ee out/slurm/edit.ee

echo '-- requests that are not there: the edit never starts'
RECORDS=$PWD/none.jsonl SHARDS=2 MASS=$PWD/out/none "$TOP/pipelines/cluster/slurm.sh" --cpus-per-task=1 > jobs.log
until_says 'ee-finish DependencyNeverSatisfied' squeue -h -o '%j %r'
scancel -u "$(id -un)"
ls out/none
