/** {@code fathom data}: what there is to know about a data set before anyone trains on it or measures with it. */
package dev.fathom.tools.data;
