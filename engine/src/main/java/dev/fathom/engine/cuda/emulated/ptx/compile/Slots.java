package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.Uniform;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where values live while a warp runs. A 32-bit or 16-bit register is 32 consecutive ints, one a lane; a 64-bit one 32
 * consecutive longs; a predicate one int, a bit a lane. Registers used inside one stretch of arithmetic alone need no
 * place. Values that are the same for a whole launch, block or warp (parameters, constants, special registers) have
 * places too and are filled in before a block runs.
 */
final class Slots {
    /** How a register is kept. */
    enum Kind { PREDICATE, HALF, INT, FLOAT, LONG, DOUBLE }

    private final Map<Integer, Integer> registers = new HashMap<>();
    private final Map<Object, Uniform> uniforms = new LinkedHashMap<>();
    private final Deque<Integer> freeInts = new ArrayDeque<>();
    private final Deque<Integer> freeLongs = new ArrayDeque<>();
    private final Deque<Integer> freePredicates = new ArrayDeque<>();
    private int ints;
    private int longs;
    private int predicates;

    static Kind kind(PtxType t) {
        return switch (t) {
            case PRED -> Kind.PREDICATE;
            case F32 -> Kind.FLOAT;
            case F64 -> Kind.DOUBLE;
            default -> switch (t.bytes()) {
                case 1, 2 -> Kind.HALF;
                case 4 -> Kind.INT;
                default -> Kind.LONG;
            };
        };
    }

    /** The first index of a register's places: in the longs for 64-bit ones, in the predicates, else in the ints. */
    int of(Register r) {
        if (r.special()) {
            int number = -1 - r.id();
            return uniforms.computeIfAbsent(List.of("special", number),
                    k -> new Uniform.Special(number, nextInts())).offset();
        }
        return registers.computeIfAbsent(r.id(), id -> {
            Deque<Integer> ready = freed(r);
            if (!ready.isEmpty()) {
                return ready.pop();
            }
            return switch (kind(r.type())) {
                case PREDICATE -> predicates++;
                case LONG, DOUBLE -> nextLongs();
                default -> nextInts();
            };
        });
    }

    /** A register is not needed any more: its place may be another one's. */
    void free(Register r) {
        freed(r).push(registers.get(r.id()));
    }

    /** From now on nothing is shared: registers without a place get new ones. */
    void seal() {
        freeInts.clear();
        freeLongs.clear();
        freePredicates.clear();
    }

    private Deque<Integer> freed(Register r) {
        return switch (kind(r.type())) {
            case PREDICATE -> freePredicates;
            case LONG, DOUBLE -> freeLongs;
            default -> freeInts;
        };
    }

    int parameter(int at, int bytes, boolean signed, boolean wide) {
        return uniforms.computeIfAbsent(List.of("parameter", at, bytes, signed, wide),
                k -> new Uniform.Parameter(at, bytes, signed, wide, wide ? nextLongs() : nextInts())).offset();
    }

    int constant(long bits, boolean wide) {
        return uniforms.computeIfAbsent(List.of("constant", bits, wide),
                k -> new Uniform.Constant(bits, wide, wide ? nextLongs() : nextInts())).offset();
    }

    int address(String symbol, long distance) {
        return uniforms.computeIfAbsent(List.of("address", symbol, distance),
                k -> new Uniform.Address(symbol, distance, nextLongs())).offset();
    }

    /** A place for one more predicate. */
    int predicate() {
        return predicates++;
    }

    private int nextInts() {
        ints += 32;
        return ints - 32;
    }

    private int nextLongs() {
        longs += 32;
        return longs - 32;
    }

    /** How many ints a warp needs. */
    int ints() {
        return ints;
    }

    /** How many longs a warp needs. */
    int longs() {
        return longs;
    }

    /** How many predicates a warp needs. */
    int predicates() {
        return predicates;
    }

    /** What is to be filled in. */
    List<Uniform> uniforms() {
        return new ArrayList<>(uniforms.values());
    }
}
