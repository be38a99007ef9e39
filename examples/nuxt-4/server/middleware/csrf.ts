// Refuses what other sites make a browser send.
export default defineCsrfProtection();
