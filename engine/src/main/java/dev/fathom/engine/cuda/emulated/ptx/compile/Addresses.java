package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxFile;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the variables of a kernel lie: parameters in the parameter block, shared ones from 0 in declaration order with
 * the open array (dynamic shared memory) behind them, local ones from 0 in each thread's memory, global and constant ones
 * at addresses known when the module is loaded.
 */
final class Addresses {
    private final Map<String, Variable> variables = new HashMap<>();
    private final Map<String, Long> offsets = new HashMap<>();
    private final Map<String, Variable> shared = new LinkedHashMap<>();
    private final String function;
    private long parameterBytes;
    private long sharedBytes;
    private long localBytes;

    Addresses(PtxFile file, Function function) {
        this.function = function.name();
        for (Variable v : function.parameters()) {
            parameterBytes = roundUp(parameterBytes, v.align());
            place(v, parameterBytes);
            parameterBytes += v.bytes();
        }
        for (Variable v : file.variables().values()) {
            variables.put(v.name(), v);
        }
        // A kernel pays for the module's shared variables only if it names them.
        for (Variable v : file.variables().values()) {
            if (v.space().equals("shared") && v.count() > 0 && names(function, v.name())) {
                placeShared(v);
            }
        }
        for (Variable v : function.variables()) {
            switch (v.space()) {
                case "shared" -> placeShared(v);
                case "local" -> {
                    localBytes = roundUp(localBytes, v.align());
                    place(v, localBytes);
                    localBytes += v.bytes();
                }
                default -> variables.put(v.name(), v);
            }
        }
        // All open arrays begin at one place.
        for (Variable v : file.variables().values()) {
            if (v.space().equals("shared") && v.count() == 0) {
                place(v, roundUp(sharedBytes, 16));
                if (names(function, v.name())) {
                    shared.put(v.name(), v);
                }
            }
        }
    }

    private static boolean names(Function f, String name) {
        return f.instructions().stream().anyMatch(i -> i.operands().toString().contains("name=" + name + ","));
    }

    private void placeShared(Variable v) {
        sharedBytes = roundUp(sharedBytes, v.align());
        place(v, sharedBytes);
        shared.put(v.name(), v);
        sharedBytes += v.bytes();
    }

    private void place(Variable v, long offset) {
        variables.put(v.name(), v);
        offsets.put(v.name(), offset);
    }

    private static long roundUp(long value, int multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }

    Variable variable(String name, int line) {
        Variable v = variables.get(name);
        if (v == null) {
            throw new PtxException("line " + line + " of " + function + ": '" + name + "' is not declared");
        }
        return v;
    }

    /** The offset of a parameter, shared or local variable in its space. */
    long offset(String name) {
        return offsets.get(name);
    }

    /** Bytes of the parameter block, without padding at its end. */
    long parameterBytes() {
        return parameterBytes;
    }

    /** Bytes of shared memory that the kernel declares itself. */
    long sharedBytes() {
        return sharedBytes;
    }

    /** Where dynamic shared memory begins. */
    long dynamicOffset() {
        return roundUp(sharedBytes, 16);
    }

    /** Bytes of local memory of a thread. */
    long localBytes() {
        return localBytes;
    }

    /** The shared variables by name, in order; count 0 for dynamic shared memory. */
    Map<String, Variable> shared() {
        return shared;
    }
}
