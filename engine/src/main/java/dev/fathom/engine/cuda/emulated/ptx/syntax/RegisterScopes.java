package dev.fathom.engine.cuda.emulated.ptx.syntax;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** The registers of a function by name; a block in braces may declare names anew. */
final class RegisterScopes {
    /** {@code .reg .b32 %r<14>} declares %r0 to %r13. */
    private record Range(PtxType type, int count, Map<Integer, Register> made) {
    }

    private record Scope(Map<String, Register> single, Map<String, Range> ranges) {
    }

    private final Deque<Scope> scopes = new ArrayDeque<>();
    private int count;

    void open() {
        scopes.push(new Scope(new HashMap<>(), new HashMap<>()));
    }

    void close() {
        scopes.pop();
    }

    /** How many registers there are in all: those that some instruction named. */
    int count() {
        return count;
    }

    void declare(String name, PtxType type) {
        scopes.peek().single.put(name, new Register(name, type, count++));
    }

    void declareMany(String prefix, PtxType type, int many) {
        scopes.peek().ranges.put(prefix, new Range(type, many, new HashMap<>()));
    }

    /** The register that a name means here, or null. */
    Register find(String name) {
        int digits = name.length();
        while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
            digits--;
        }
        String prefix = name.substring(0, digits);
        int number = digits < name.length() && name.length() - digits < 9 ? Integer.parseInt(name.substring(digits)) : -1;
        for (Scope scope : scopes) {
            Register r = scope.single.get(name);
            if (r != null) {
                return r;
            }
            Range range = number < 0 ? null : scope.ranges.get(prefix);
            if (range != null && number < range.count) {
                return range.made.computeIfAbsent(number, n -> new Register(name, range.type, count++));
            }
        }
        return null;
    }
}
