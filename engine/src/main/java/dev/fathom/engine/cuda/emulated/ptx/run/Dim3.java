package dev.fathom.engine.cuda.emulated.ptx.run;

/** The extents of a grid or a block, or a place in one. */
public record Dim3(int x, int y, int z) {
    /** A row of {@code x}. */
    public static Dim3 of(int x) {
        return new Dim3(x, 1, 1);
    }

    public long count() {
        return (long) x * y * z;
    }

    /** The place of the i-th one, x fastest. */
    public Dim3 at(long i) {
        return new Dim3((int) (i % x), (int) (i / x % y), (int) (i / ((long) x * y)));
    }

    @Override
    public String toString() {
        return "(" + x + ", " + y + ", " + z + ")";
    }
}
