package dev.fathom.engine.cuda.emulated.report;

/** What can be wrong with a kernel or with the call that launches it. The title is what a report begins with. */
public enum FaultKind {
    OUT_OF_BOUNDS_READ("out-of-bounds read"),
    OUT_OF_BOUNDS_WRITE("out-of-bounds write"),
    USE_AFTER_FREE("use after free"),
    DOUBLE_FREE("free of memory that is not allocated"),
    UNINITIALISED_READ("read of memory never written"),
    UNDEFINED_REGISTER("read of a register never written"),
    MISALIGNED_ACCESS("misaligned access"),
    READ_ONLY_WRITE("write to constant memory"),
    SHARED_RACE("shared-memory race"),
    GLOBAL_RACE("global-memory race between blocks"),
    DIVERGENT_BARRIER("barrier not reached by all threads"),
    BARRIER_MISMATCH("threads wait at different barriers"),
    INCOMPLETE_WARP("warp operation without all the lanes it names"),
    ASYNC_COPY_NOT_AWAITED("asynchronous copy used before it was awaited"),
    WRONG_PARAMETERS("wrong parameter block"),
    WRONG_LAUNCH("impossible launch configuration"),
    NONDETERMINISTIC_ATOMIC("floating-point atomic: the result depends on the order of threads"),
    RUNAWAY_KERNEL("runaway kernel"),
    TRAP("the kernel stopped itself");

    private final String title;

    FaultKind(String title) {
        this.title = title;
    }

    /** The words that a report begins with. */
    public String title() {
        return title;
    }
}
