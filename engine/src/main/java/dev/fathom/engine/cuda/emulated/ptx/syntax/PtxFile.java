package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.List;
import java.util.Map;

/**
 * A PTX file as a tree.
 *
 * @param name      the name that errors use
 * @param target    for example "sm_75"
 * @param variables of the module: global, const and shared ones, by name
 * @param functions kernels and device functions with a body, in order
 */
public record PtxFile(String name, String target, Map<String, Variable> variables, List<Function> functions) {
}
