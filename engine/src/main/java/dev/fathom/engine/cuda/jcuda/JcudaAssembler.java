package dev.fathom.engine.cuda.jcuda;

import dev.fathom.engine.cuda.natives.KernelResources;
import dev.fathom.engine.cuda.natives.PtxAssembler;
import dev.fathom.engine.cuda.natives.PtxLines;
import dev.fathom.engine.errors.FathomException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/** The assembler in libJNvPTXCompiler. */
public final class JcudaAssembler implements PtxAssembler {
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([^']+)'");
    private static final Pattern STACK =
        Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern USED = Pattern.compile("Used (\\d+) registers(.*)");
    private static final Pattern SHARED = Pattern.compile("(\\d+)(?:\\+\\d+)? bytes smem");

    @Override
    public List<KernelResources> assemble(String name, String ptx, int architecture) {
        nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
        byte[] text = (PtxLines.withoutInlining(ptx) + "\0").getBytes(StandardCharsets.UTF_8);
        check(JNvPTXCompiler.nvPTXCompilerCreate(handle, text.length, text), "nvPTXCompilerCreate", name);
        try {
            String[] options = {"--gpu-name=sm_" + architecture, "--verbose"};
            int status = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.length, options);
            if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
                throw new FathomException(name + " does not assemble for sm_" + architecture + " ("
                    + nvPTXCompileResult.stringFor(status) + "): " + errors(handle));
            }
            return parse(information(handle), architecture);
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(handle);
        }
    }

    private static void check(int status, String call, String name) {
        if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
            throw new FathomException(call + " failed for " + name + ": " + nvPTXCompileResult.stringFor(status));
        }
    }

    private static String errors(nvPTXCompilerHandle handle) {
        long[] size = {0};
        check(JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size), "nvPTXCompilerGetErrorLogSize", "the log");
        byte[] log = new byte[(int) size[0] + 1];
        check(JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, log), "nvPTXCompilerGetErrorLog", "the log");
        return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
    }

    private static String information(nvPTXCompilerHandle handle) {
        long[] size = {0};
        check(JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size), "nvPTXCompilerGetInfoLogSize", "the log");
        byte[] log = new byte[(int) size[0] + 1];
        check(JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, log), "nvPTXCompilerGetInfoLog", "the log");
        return new String(log, StandardCharsets.UTF_8).replace("\0", "");
    }

    /**
     * Reads the assembler's report: for each kernel its name, then its stack and spills, then its registers and shared
     * memory.
     */
    static List<KernelResources> parse(String log, int architecture) {
        List<KernelResources> found = new ArrayList<>();
        String kernel = null;
        int[] stack = new int[3];
        for (String line : log.lines().toList()) {
            Matcher entry = ENTRY.matcher(line);
            Matcher frame = STACK.matcher(line);
            Matcher used = USED.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
            } else if (frame.find()) {
                stack = new int[] {number(frame, 1), number(frame, 2), number(frame, 3)};
            } else if (used.find() && kernel != null) {
                Matcher shared = SHARED.matcher(used.group(2));
                found.add(new KernelResources(kernel, architecture, number(used, 1), shared.find() ? number(shared, 1)
                    : 0,
                    stack[0], stack[1], stack[2]));
                kernel = null;
            }
        }
        return found;
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group));
    }
}
