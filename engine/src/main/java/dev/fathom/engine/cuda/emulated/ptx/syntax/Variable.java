package dev.fathom.engine.cuda.emulated.ptx.syntax;

/**
 * A declared variable or parameter.
 *
 * @param space   "param", "shared", "local", "global" or "const"
 * @param type    element type
 * @param count   elements: 1 for a scalar, 0 for an array of open length (dynamic shared memory)
 * @param align   bytes
 * @param initial the bytes it starts with, or null
 */
public record Variable(String name, String space, PtxType type, long count, int align, byte[] initial) {
    public long bytes() {
        return type.bytes() * count;
    }
}
