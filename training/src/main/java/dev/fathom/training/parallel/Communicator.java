package dev.fathom.training.parallel;

import dev.fathom.engine.Tensor;
import java.util.List;

/**
 * What the workers of one training can do together, as one of them sees it. The names are those of MPI, NCCL and {@code
 * torch.distributed}, so that an implementation for several machines has a call for each:
 *
 * <table>
 * <caption>The same elsewhere</caption>
 * <tr><th>here</th><th>NCCL</th><th>MPI</th></tr>
 * <tr><td>{@link #broadcast}</td><td>{@code ncclBroadcast}</td><td>{@code MPI_Bcast}</td></tr>
 * <tr><td>{@link #reduce}</td><td>{@code ncclReduce}, {@code ncclSum}</td><td>{@code MPI_Reduce}, {@code MPI_SUM}</td></tr>
 * <tr><td>{@link #allReduce}</td><td>{@code ncclAllReduce}, {@code ncclSum}</td><td>{@code MPI_Allreduce}</td></tr>
 * <tr><td>{@link #allGather}</td><td>{@code ncclAllGather}</td><td>{@code MPI_Allgatherv}</td></tr>
 * <tr><td>{@link #barrier}</td><td>(none)</td><td>{@code MPI_Barrier}</td></tr>
 * </table>
 *
 * <p>An operation is collective: every worker calls it, in the same order as all other collective operations, and it
 * returns to none before it has what it needs of the others. Tensors that are passed to one call have the same shapes and
 * dtypes in the same order on every worker, and lie on that worker's device; each worker may have its own kind of device.
 *
 * <p><b>Order.</b> Sums are formed in the order of the ranks, so their bits depend on the number of workers and on nothing
 * else. An implementation over NCCL has to see to that itself: fix the algorithm and its channels ({@code NCCL_ALGO=Ring},
 * {@code NCCL_MIN_NCHANNELS=NCCL_MAX_NCHANNELS}), or gather and add.
 *
 * <p><b>Failure.</b> If a worker fails, every collective operation that others wait in ends with an exception.
 *
 * <p>Absent because nothing needs it: reduce_scatter, which pays where every worker keeps a share of the optimiser's state.
 */
public interface Communicator {
    /** This worker's number, from 0. */
    int rank();

    /** How many workers there are, at least 1. */
    int worldSize();

    /** Overwrites these tensors with those of {@code root}. Where a tensor shares the root's bytes nothing is done. */
    void broadcast(List<Tensor> tensors, int root);

    /**
     * Adds the tensors of all workers into those of {@code root}: its own first, then the others' in the order of their
     * ranks. All other workers' tensors stay as they are and may change as soon as this returns.
     *
     * @param tensors floating-point; on a worker that has nothing to add (it had no samples), an empty list
     * @param root has a full list
     */
    void reduce(List<Tensor> tensors, int root);

    /** Replaces the tensors of every worker by the sums over all, in the order of the ranks. */
    default void allReduce(List<Tensor> tensors) {
        reduce(tensors, 0);
        broadcast(tensors, 0);
    }

    /**
     * What every worker passes, in the order of the ranks. Numbers of the host, for what is decided there; each worker may
     * pass as many as it likes.
     */
    double[][] allGather(double[] values);

    /** Returns when every worker has come here. */
    void barrier();
}
