/**
 * What each arithmetic instruction computes, as one small static method each, marked with the opcodes it is for. This is
 * the place to read or add an instruction's meaning; the compiler in {@code ptx.compile} only calls these methods.
 *
 * <p>Parameter types say how a register is read: {@code int}, {@code long}, {@code float}, {@code double},
 * {@code char} for 16 unsigned bits (also the bits of f16 and bf16), {@code short} for 16 signed bits, {@code boolean}
 * for a predicate. Modifiers .ftz (subnormal inputs and results become zero) and .sat (results in [0, 1]) of float
 * instructions are added by the compiler.
 *
 * <p>Results are IEEE 754's. Where PTX leaves freedom (ex2.approx, rsqrt.approx, ...) the result is the float nearest to
 * the true value, or very rarely its neighbour: nearer than any GPU promises, so compare with a tolerance. NaN results
 * are Java's NaN; a GPU's have other payload bits.
 */
package dev.fathom.engine.cuda.emulated.ptx.arith;
