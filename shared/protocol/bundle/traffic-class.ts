/** The class (RFC 2686 §4) of packets that are not put in order, where there is more than one class. */
export const REAL_TIME_CLASS = 0;
