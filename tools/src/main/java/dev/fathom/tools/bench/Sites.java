package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.debug.ModuleTrace;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.nn.ParameterSet;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where in a model the time of a pass goes: the modules that {@link ModuleTrace} finds, transformer blocks as one and
 * the parts of a fusion block as one, and the optimiser.
 */
final class Sites {
    static final String OPTIMISER = "optimiser";
    /** Outside of all parts that have a name. */
    static final String AROUND = "(network)";
    private static final Pattern BLOCK = Pattern.compile("blocks\\.\\d+");

    private final ModuleTrace trace;

    Sites(ParameterSet set) {
        trace = new ModuleTrace(set.namesByTensor());
    }

    /** The site of each event of a pass, in order. */
    List<String> of(List<Event> events) {
        List<String> sites = new ArrayList<>(events.size());
        for (Event e : events) {
            String module = module(e);
            sites.add(site(module));
            trace.made(e.op(), e.in(), e.out(), module);
        }
        return sites;
    }

    /** Whether a tensor is one of the model's own. */
    boolean isParameter(Tensor t) {
        return trace.isParameter(t);
    }

    private String module(Event e) {
        if (e.op() instanceof SumOfSquares
                || e.op().mutates().length > 0 && isParameter(e.in().get(e.op().mutates()[0]))) {
            return OPTIMISER;
        }
        return trace.moduleOf(e.op(), e.in(), e.gradientOf(), e.section());
    }

    /** Blocks are one, and so are the parts of a fusion block. */
    private static String site(String module) {
        String site = BLOCK.matcher(module).replaceFirst("blocks.*").replaceFirst("^(pretrained|depth_head)(\\.|$)", "")
                .replaceFirst("^scratch\\.", "").replaceFirst("^(refinenet\\d)\\..*", "$1");
        return site.isEmpty() || site.equals("scratch") ? AROUND : site;
    }
}
