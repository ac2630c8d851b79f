package dev.fathom.tools.report;

import java.util.List;

/** The part of many paths that need not be said of each. */
public final class CommonFolder {
    private CommonFolder() {
    }

    /**
     * The folder that two paths have in common, with its last slash; empty if none.
     *
     * @param folder what earlier paths have in common; null before the first
     */
    public static String of(String folder, String path) {
        String common = folder == null ? path : folder;
        int n = 0;
        while (n < Math.min(common.length(), path.length()) && common.charAt(n) == path.charAt(n)) {
            n++;
        }
        return common.substring(0, common.lastIndexOf('/', n - 1) + 1);
    }

    /** The folder that all paths have in common; empty if there is none. */
    public static String of(List<String> paths) {
        return paths.stream().reduce(null, CommonFolder::of, (a, b) -> a);
    }
}
