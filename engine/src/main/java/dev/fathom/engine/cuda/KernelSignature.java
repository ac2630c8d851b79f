package dev.fathom.engine.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a kernel as its PTX declares them: sizes and offsets in bytes. The driver does not check a launch
 * against them; {@link KernelLaunch} does.
 */
final class KernelSignature {
    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)");
    private static final Pattern PARAMETER = Pattern.compile(
            "\\.param\\s+(?:\\.align\\s+(\\d+)\\s+)?\\.([a-z]+)(\\d+)(?:\\s+\\.ptr[^,]*?)?\\s+\\w+(?:\\[(\\d+)\\])?");

    private final String name;
    private final int[] offsets;
    private final int[] sizes;

    private KernelSignature(String name, List<int[]> parameters) {
        this.name = name;
        offsets = new int[parameters.size()];
        sizes = new int[parameters.size()];
        int at = 0;
        for (int i = 0; i < offsets.length; i++) {
            int size = parameters.get(i)[0];
            int alignment = parameters.get(i)[1];
            offsets[i] = (at + alignment - 1) / alignment * alignment;
            sizes[i] = size;
            at = offsets[i] + size;
        }
    }

    /** The signatures of all kernels of a module by name. */
    static Map<String, KernelSignature> parse(String ptx) {
        Map<String, KernelSignature> found = new LinkedHashMap<>();
        Matcher entry = ENTRY.matcher(ptx);
        while (entry.find()) {
            List<int[]> parameters = new ArrayList<>();
            Matcher p = PARAMETER.matcher(entry.group(2));
            while (p.find()) {
                int element = Integer.parseInt(p.group(3)) / 8;
                int size = p.group(4) == null ? element : element * Integer.parseInt(p.group(4));
                parameters.add(new int[] {size, p.group(1) == null ? element : Integer.parseInt(p.group(1))});
            }
            found.put(entry.group(1), new KernelSignature(entry.group(1), parameters));
        }
        return found;
    }

    String name() {
        return name;
    }

    int count() {
        return offsets.length;
    }

    int offset(int i) {
        return offsets[i];
    }

    int size(int i) {
        return sizes[i];
    }

    /** End of the last parameter. */
    int bytes() {
        return offsets.length == 0 ? 0 : offsets[offsets.length - 1] + sizes[sizes.length - 1];
    }
}
