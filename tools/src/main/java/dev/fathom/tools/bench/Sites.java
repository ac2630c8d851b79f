package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.Storage;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which module of a model an operation belongs to: {@code blocks.*.attn.qkv}, {@code refinenet1}. Nobody tells; it
 * follows from names and from what flows where:
 *
 * <ul>
 * <li>an operation that reads a parameter belongs to the module of the first one;
 * <li>one that computes a gradient belongs where the operation belongs whose gradient it is;
 * <li>any other belongs to the module around the one that made its first argument: attention reads what
 *     {@code attn.qkv} made, so it is {@code attn}'s.
 * </ul>
 */
final class Sites {
    static final String OPTIMISER = "optimiser";
    static final String LOSS = "loss";
    /** Outside of all parts that have a name. */
    static final String AROUND = "(network)";
    private static final Pattern BLOCK = Pattern.compile("blocks\\.\\d+");

    private final Map<Storage, String> parameters = new IdentityHashMap<>();
    private final Map<Storage, String> writers = new IdentityHashMap<>();
    private final Map<Op, String> modules = new IdentityHashMap<>();

    Sites(ParameterSet set) {
        for (Parameter p : set.all()) {
            parameters.put(p.tensor().storage(), p.name().substring(0, Math.max(0, p.name().lastIndexOf('.'))));
        }
    }

    /** The site of each event of a pass, in order. */
    List<String> of(List<Event> events) {
        List<String> sites = new ArrayList<>(events.size());
        for (Event e : events) {
            String module = module(e);
            sites.add(site(module));
            modules.putIfAbsent(e.op(), module);
            for (Tensor t : e.out()) {
                writers.put(t.storage(), module);
            }
        }
        return sites;
    }

    /** Whether a tensor is one of the model's own. */
    boolean isParameter(Tensor t) {
        return parameters.containsKey(t.storage());
    }

    private String module(Event e) {
        if (e.op() instanceof SumOfSquares
                || e.op().mutates().length > 0 && isParameter(e.in().get(e.op().mutates()[0]))) {
            return OPTIMISER;
        }
        for (Tensor t : e.in()) {
            String name = parameters.get(t.storage());
            if (name != null) {
                return name;
            }
        }
        if (e.gradientOf() != null && modules.containsKey(e.gradientOf())) {
            return modules.get(e.gradientOf());
        }
        if (e.op() instanceof SiLogLoss) {
            return LOSS;
        }
        String writer = writers.get(e.in().getFirst().storage());
        return writer == null ? "" : writer.substring(0, Math.max(0, writer.lastIndexOf('.')));
    }

    /** Blocks are one, and so are the parts of a fusion block. */
    private static String site(String module) {
        String site = BLOCK.matcher(module).replaceFirst("blocks.*").replaceFirst("^(pretrained|depth_head)(\\.|$)", "")
                .replaceFirst("^scratch\\.", "").replaceFirst("^(refinenet\\d)\\..*", "$1");
        return site.isEmpty() || site.equals("scratch") ? AROUND : site;
    }
}
