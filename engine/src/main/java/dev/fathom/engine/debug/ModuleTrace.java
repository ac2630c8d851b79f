package dev.fathom.engine.debug;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.Op;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which module of a model an operation belongs to, {@code blocks.3.attn.qkv} for example. Nobody tells; it follows from
 * the parameters' names and from what flows where:
 *
 * <ul>
 * <li>an operation inside a {@link Section} belongs to that;
 * <li>one that reads a parameter, or its cast, belongs to the module of the first one;
 * <li>one that computes a gradient belongs where the operation belongs whose gradient it is;
 * <li>any other belongs to the module around the one that made its first argument, if there is one around it:
 *     attention reads what {@code attn.qkv} made, so it is {@code attn}'s.
 * </ul>
 *
 * <p>It must hear of every operation of a pass in order: {@link #moduleOf} before it runs, {@link #made} after.
 */
public final class ModuleTrace {
    private final Map<Storage, String> parameters = new IdentityHashMap<>();
    private final Map<Storage, String> casts = new IdentityHashMap<>();
    private final Map<Storage, String> makers = new IdentityHashMap<>();
    private final Map<Op, String> modules = new IdentityHashMap<>();

    /** @param parameters names by their tensors: {@code blocks.3.attn.qkv.weight} */
    public ModuleTrace(Map<Tensor, String> parameters) {
        parameters.forEach((tensor, name) -> this.parameters.put(tensor.storage(), name));
    }

    /** The name of the parameter that a tensor is, or is the cast of; null for any other. */
    public String parameter(Tensor t) {
        String name = parameters.get(t.storage());
        return name != null ? name : casts.get(t.storage());
    }

    /** Whether a tensor is one of the parameters itself. */
    public boolean isParameter(Tensor t) {
        return parameters.containsKey(t.storage());
    }

    /**
     * The module of an operation that is next; empty for the network around all modules.
     *
     * @param gradientOf the recorded operation whose gradient it is part of; null for none
     * @param section that it runs in; null for none
     */
    public String moduleOf(Op op, List<Tensor> in, Op gradientOf, String section) {
        String module = section != null ? section : find(in, gradientOf);
        modules.putIfAbsent(op, module);
        return module;
    }

    private String find(List<Tensor> in, Op gradientOf) {
        for (Tensor t : in) {
            String name = parameter(t);
            if (name != null) {
                return around(name);
            }
        }
        String forward = gradientOf == null ? null : modules.get(gradientOf);
        if (forward != null) {
            return forward;
        }
        String maker = makers.get(in.getFirst().storage());
        if (maker == null) {
            return "";
        }
        String around = around(maker);
        return around.isEmpty() ? maker : around;
    }

    /** The module around a module or a parameter: its name without the last part. */
    private static String around(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    /** What an operation of this module has made. */
    public void made(Op op, List<Tensor> in, List<Tensor> out, String module) {
        for (Tensor t : out) {
            makers.put(t.storage(), module);
        }
        if (op instanceof Cast && parameter(in.getFirst()) != null) {
            casts.put(out.getFirst().storage(), parameter(in.getFirst()));
        }
    }
}
