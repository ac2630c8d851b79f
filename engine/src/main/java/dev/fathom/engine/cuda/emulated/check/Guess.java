package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Buffer;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Element;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Fill;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Real;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Whole;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.compile.PointerFlow;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Guesses what a kernel's parameters are, from its text alone. An address that is read or written through is a buffer;
 * one that is only written begins undefined. Integers are sizes, each with a name of its own (p2 for parameter 2).
 * Every buffer has as many elements as all sizes multiplied: exact for (x, y, n), enough for (x, weights, y, rows, columns).
 * Without sizes it has as many as the grid has threads.
 */
final class Guess {
    private Guess() {
    }

    /** One a parameter; null where nothing can be guessed (structures). */
    static List<ArgumentSpec> of(PtxKernel kernel) {
        Map<Integer, PointerFlow.Use> pointers = kernel.pointers();
        List<PtxKernel.Parameter> parameters = kernel.parameters();
        List<String> sizes = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            if (!pointers.containsKey(i) && isInteger(parameters.get(i))) {
                sizes.add("p" + i);
            }
        }
        Size all = Size.of(sizes.isEmpty() ? KernelCheck.THREADS : sizes.stream().collect(Collectors.joining("*")));
        List<ArgumentSpec> guessed = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            PtxKernel.Parameter p = parameters.get(i);
            PointerFlow.Use use = pointers.get(i);
            if (use != null) {
                guessed.add(ArgumentSpec.buffer(element(use.type()), all, use.read() ? Fill.RANDOM : Fill.UNDEFINED));
            } else if (isInteger(p)) {
                guessed.add(new Whole(Size.of("p" + i)));
            } else {
                guessed.add(p.type().floating() && p.bytes() == p.type().bytes() ? new Real(-1, 1) : null);
            }
        }
        return guessed;
    }

    private static boolean isInteger(PtxKernel.Parameter p) {
        return !p.type().floating() && p.bytes() == p.type().bytes();
    }

    private static Element element(PtxType type) {
        return switch (type) {
            case F32 -> Element.F32;
            case F64 -> Element.F64;
            // Kernels move 16-bit floats as plain bits.
            case B16, U16, S16, F16 -> Element.F16;
            case BF16 -> Element.BF16;
            default -> switch (type.bytes()) {
                case 1 -> Element.I8;
                case 4 -> Element.I32;
                default -> Element.I64;
            };
        };
    }

    /** The names of all sizes in these arguments. */
    static List<String> names(List<ArgumentSpec> arguments) {
        return arguments.stream().flatMap(a -> switch (a) {
            case Buffer b -> b.count().names().stream();
            case Whole w -> w.value().names().stream();
            case Real r -> List.<String>of().stream();
        }).filter(n -> !n.equals(KernelCheck.THREADS) && !n.equals(KernelCheck.BLOCKS)).distinct().toList();
    }
}
