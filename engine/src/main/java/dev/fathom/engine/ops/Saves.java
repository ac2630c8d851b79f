package dev.fathom.engine.ops;

/**
 * Which inputs and outputs the gradient of an operation reads. The rest is recycled before backward runs: on a ViT this
 * is most of the memory.
 *
 * @param inputs bit i set: input i is kept
 * @param outputs bit i set: output i is kept
 */
public record Saves(long inputs, long outputs) {
    public static final Saves NOTHING = new Saves(0, 0);

    public static Saves inputs(int... indices) {
        return new Saves(bits(indices), 0);
    }

    public static Saves outputs(int... indices) {
        return new Saves(0, bits(indices));
    }

    public Saves andOutputs(int... indices) {
        return new Saves(inputs, outputs | bits(indices));
    }

    /** The same without one of the inputs. */
    public Saves withoutInput(int i) {
        return new Saves(inputs & ~bits(i), outputs);
    }

    public boolean input(int i) {
        return (inputs >>> i & 1) == 1;
    }

    public boolean output(int i) {
        return (outputs >>> i & 1) == 1;
    }

    private static long bits(int... indices) {
        long b = 0;
        for (int i : indices) {
            b |= 1L << i;
        }
        return b;
    }
}
