package dev.fathom.engine.cuda.emulated.ptx.run;

/** A stretch of arithmetic that was compiled to bytecode. */
public final class ArithmeticStep extends Step {
    private final int index;

    public ArithmeticStep(int index) {
        super(null, -1, false);
        this.index = index;
    }

    @Override
    protected void run(Warp w, int mask) {
        w.lanes.run(index, w.r, w.d, w.p, mask);
    }
}
