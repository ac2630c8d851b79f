package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.List;
import java.util.Map;

/**
 * A kernel's or device function's text as a tree.
 *
 * @param name         as in the source (extern "C") or mangled
 * @param entry        true for a kernel
 * @param parameters   in order
 * @param results      return values of a device function
 * @param maxThreads   .maxntid (x, y, z), or null
 * @param instructions in order
 * @param labels       name to the index of the instruction it stands before (may be one past the last)
 * @param tables       the targets of each branch table, by its label
 * @param variables    shared and local variables declared inside
 * @param registers    how many registers were declared; their ids are 0 to this minus 1
 * @param line         of its beginning in the PTX text
 */
public record Function(String name, boolean entry, List<Variable> parameters, List<Variable> results, int[] maxThreads,
                       List<Instruction> instructions, Map<String, Integer> labels,
                       Map<String, List<String>> tables, List<Variable> variables, int registers, int line) {
}
