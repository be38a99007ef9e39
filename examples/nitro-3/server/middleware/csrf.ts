import { defineCsrfProtection } from "ironkeep/h3";

export default defineCsrfProtection();
