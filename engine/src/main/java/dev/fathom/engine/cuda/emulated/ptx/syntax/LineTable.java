package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns {@code .loc} directives into source lines; the files they number are declared at the text's end. */
final class LineTable {
    private static final Pattern FILE = Pattern.compile("(?m)^\\s*\\.file\\s+(\\d+)\\s+\"([^\"]*)\"");

    private final Map<Integer, String> files = new HashMap<>();
    /** The last location seen at each "file line column", to follow chains of inlined calls. */
    private final Map<String, SourceLine> places = new HashMap<>();

    LineTable(String text) {
        Matcher m = FILE.matcher(text);
        while (m.find()) {
            String path = m.group(2);
            files.put(Integer.parseInt(m.group(1)), path.substring(path.lastIndexOf('/') + 1));
        }
    }

    /** Forgets the places of the function before. */
    void begin() {
        places.clear();
    }

    /**
     * Reads a {@code .loc} after its first word.
     *
     * @param before what held so far; it stays where the compiler gives line 0 (code of no line)
     */
    SourceLine read(Tokens tokens, SourceLine before) {
        int file = Integer.parseInt(tokens.next());
        int line = Integer.parseInt(tokens.next());
        String key = file + " " + line + " " + tokens.next();
        SourceLine site = null;
        while (tokens.skip(",")) {
            String word = tokens.next();
            if (word.equals("function_name")) {
                tokens.next();
                if (tokens.skip("+")) {
                    tokens.next();
                }
            } else if (word.equals("inlined_at")) {
                int siteFile = Integer.parseInt(tokens.next());
                int siteLine = Integer.parseInt(tokens.next());
                String siteKey = siteFile + " " + siteLine + " " + tokens.next();
                SourceLine known = places.get(siteKey);
                site = known != null ? known : new SourceLine(fileName(siteFile), siteLine, null);
            }
        }
        if (line == 0) {
            return before;
        }
        SourceLine here = new SourceLine(fileName(file), line, site);
        places.put(key, here);
        return here;
    }

    private String fileName(int number) {
        return files.getOrDefault(number, "file " + number);
    }
}
